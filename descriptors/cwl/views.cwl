{
  "cwlVersion": "v1.2",
  "class": "CommandLineTool",
  "label": "Orthogonal Views (Physical)",
  "doc": "Project or cut along z, y and x; as a PNG at true aspect with a scale bar.",
  "hints": {
    "SoftwareRequirement": {
      "packages": {
        "fiji-bridge": {
          "version": [
            "0.1.0"
          ]
        }
      }
    }
  },
  "baseCommand": [
    "fiji-bridge",
    "views"
  ],
  "inputs": {
    "image": {
      "type": "File",
      "inputBinding": {
        "position": 1
      },
      "doc": "The image to read."
    },
    "method": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "max",
            "mean",
            "sum",
            "slice"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--method"
      },
      "doc": "Projection, or slice.",
      "default": "max"
    },
    "position": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--position"
      },
      "doc": "'z y x' of the slices, counted from 0; default: the middle."
    },
    "pixels": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "square",
            "voxels"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--pixels"
      },
      "doc": "square: interpolate where voxels are not, so that arrays have true aspect; voxels: a pixel for each voxel.",
      "default": "square"
    },
    "dtype": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "float",
            "float32",
            "float64"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--dtype"
      },
      "doc": "Sample type of the result (float: float32, float64 for float64 and 32-bit integers).",
      "default": "float"
    },
    "nan": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "refuse",
            "propagate",
            "ignore"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--nan"
      },
      "doc": "Samples that are NaN or infinite: refuse them, let them propagate, or ignore them (mean of the others).",
      "default": "refuse"
    },
    "voxel_size": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--voxel-size"
      },
      "doc": "Voxel size, instead of the file's: '2 0.45 0.45 um'."
    },
    "output_name": {
      "type": "string",
      "default": "views",
      "inputBinding": {
        "position": 2,
        "valueFrom": "$(self).tif"
      },
      "doc": "Name of the result, without its ending .tif."
    }
  },
  "outputs": {
    "result": {
      "type": "File[]",
      "outputBinding": {
        "glob": "$(inputs.output_name)-*.tif"
      }
    }
  }
}
